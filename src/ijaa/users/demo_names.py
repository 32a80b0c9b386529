"""What the people of the demo are called, do, and where they live."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FEMALE = _words(
    "Asha Farhana Nusrat Tahmina Sadia Ruksana Shirin Jahanara Mahbuba Rehana Sharmin Nasrin Ayesha "
    "Fatema Sultana Priya Ananya Kavya Meera Lakshmi Deepa Shreya Nandini Ishita Sunita Radhika Pooja "
    "Aarti Divya Rupa Hina Zara Mehwish Amna Sana Iqra Samina Bushra Dilani Nimali Sanduni Chathurika "
    "Sita Gita Pema Yangchen Maria Elena Sofia Ingrid Astrid Chloé Amélie Zoë Yuki Sakura Mei Linh Thuy "
    "Amara Ngozi Wanjiru Zainab Layla Noor Emma Olivia Hannah Grace Siobhán Katarzyna Jelena Ximena "
    "Luísa"
)
MALE = _words(
    "Rahim Karim Arif Tanvir Imran Shafiq Mahmud Kamal Jamal Rashed Faisal Habib Nazmul Zahid Mizanur "
    "Anis Sohel Arjun Rahul Vikram Sanjay Rohit Amit Karthik Suresh Ravi Anand Nikhil Aditya Manoj "
    "Dinesh Subrata Partha Bilal Usman Hamza Asad Kashif Omar Nuwan Kasun Ruwan Dilshan Bishal Prakash "
    "Karma Tenzin Luis José Mateo André Lars Søren Jürgen Łukasz Miloš Hiroshi Kenji Wei Minh Kwame "
    "Chidi Kamau Yusuf Khalid James Oliver Daniel Liam Seán Tomás Rafael"
)
FAMILY = _words(
    "Rahman Hossain Ahmed Islam Chowdhury Khan Akter Begum Uddin Miah Sarkar Talukder Sikder Bhuiyan "
    "Mollah Haque Karim Alam Siddique Majumdar Das Roy Saha Dutta Ghosh Banerjee Mukherjee Chatterjee "
    "Sen Bose Sharma Gupta Patel Singh Kumar Reddy Nair Iyer Menon Pillai Joshi Mehta Verma Malhotra "
    "Qureshi Malik Butt Sheikh Raza Abbasi Perera Fernando Silva Jayasinghe Wickramasinghe Shrestha "
    "Gurung Tamang Thapa Dorji Wangchuk García Müller Nowak Novák Rossi Dubois Lindström Andersen Tanaka "
    "Sato Chen Wang Nguyen Trần Okafor Mensah Otieno Hassan Haddad Smith Brown Wilson O’Connor Costa "
    "Pereira"
)

CAREERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Software engineer", ("Grameenphone", "Infosys", "Google", "bKash", "Zoho", "Spotify")),
    ("Data scientist", ("Pathao", "Flipkart", "Novo Nordisk", "Grab")),
    ("Civil engineer", ("the Roads Department", "Larsen & Toubro", "Arup", "Ramboll")),
    ("Electrical engineer", ("Siemens", "the Power Grid Company", "Walton", "ABB")),
    ("Physician", ("Dhaka Medical College", "Apollo Hospitals", "the NHS", "Aga Khan Hospital")),
    ("Nurse", ("BIRDEM", "Square Hospital", "Karolinska")),
    ("Teacher", ("Viqarunnisa Noon School", "Delhi Public School", "a village school")),
    ("Professor", ("BUET", "IIT Bombay", "LUMS", "the University of Toronto")),
    ("Accountant", ("KPMG", "Deloitte", "the Bangladesh Bank")),
    ("Banker", ("BRAC Bank", "HDFC Bank", "Standard Chartered")),
    ("Lawyer", ("the Supreme Court Bar", "Dr Kamal Hossain & Associates")),
    ("Architect", ("Shatotto", "Foster + Partners", "an independent studio")),
    ("Journalist", ("The Daily Star", "The Hindu", "Dawn", "the BBC")),
    ("Development worker", ("BRAC", "UNICEF", "WaterAid", "Oxfam")),
    ("Entrepreneur", ("a textile start-up", "a food company", "an ed-tech company")),
    ("Civil servant", ("the Ministry of Education", "the Planning Commission")),
    ("Researcher", ("icddr,b", "CERN", "the International Rice Research Institute")),
    ("Product manager", ("Shopify", "Swiggy", "Careem")),
    ("Pharmacist", ("Square Pharmaceuticals", "Cipla")),
    ("Designer", ("Aarong", "IKEA", "a design agency")),
)

CITIES: tuple[tuple[str, int], ...] = (
    ("Dhaka, Bangladesh", 30),
    ("Chattogram, Bangladesh", 10),
    ("Sylhet, Bangladesh", 6),
    ("Khulna, Bangladesh", 4),
    ("Kolkata, India", 7),
    ("Bengaluru, India", 6),
    ("Mumbai, India", 5),
    ("Delhi, India", 5),
    ("Karachi, Pakistan", 4),
    ("Lahore, Pakistan", 3),
    ("Colombo, Sri Lanka", 3),
    ("Kathmandu, Nepal", 3),
    ("Thimphu, Bhutan", 1),
    ("Dubai, United Arab Emirates", 5),
    ("Doha, Qatar", 2),
    ("Singapore", 3),
    ("Kuala Lumpur, Malaysia", 3),
    ("London, United Kingdom", 6),
    ("Manchester, United Kingdom", 2),
    ("New York, United States", 5),
    ("San Francisco, United States", 4),
    ("Toronto, Canada", 5),
    ("Sydney, Australia", 3),
    ("Melbourne, Australia", 2),
    ("Berlin, Germany", 2),
    ("Stockholm, Sweden", 2),
    ("Tokyo, Japan", 2),
    ("Nairobi, Kenya", 1),
    ("São Paulo, Brazil", 1),
)
"""Places and how many of a hundred and a bit live there."""

STAGES: dict[str, tuple[str, ...]] = {
    "Software engineer": ("Junior developer", "Software engineer", "Senior software engineer"),
    "Data scientist": ("Data analyst", "Data scientist", "Lead data scientist"),
    "Civil engineer": ("Site engineer", "Civil engineer", "Project director"),
    "Electrical engineer": ("Graduate engineer", "Electrical engineer", "Chief engineer"),
    "Physician": ("Medical intern", "Resident physician", "Consultant physician"),
    "Nurse": ("Student nurse", "Nurse", "Head nurse"),
    "Teacher": ("Assistant teacher", "Teacher", "Head teacher"),
    "Professor": ("Lecturer", "Assistant professor", "Professor"),
    "Accountant": ("Audit trainee", "Accountant", "Finance manager"),
    "Banker": ("Management trainee", "Relationship manager", "Branch manager"),
    "Lawyer": ("Pupil", "Associate", "Advocate"),
    "Architect": ("Junior architect", "Architect", "Principal architect"),
    "Journalist": ("Reporter", "Staff correspondent", "Editor"),
    "Development worker": ("Field officer", "Programme officer", "Programme manager"),
    "Entrepreneur": ("Sales executive", "Co-founder", "Founder"),
    "Civil servant": ("Assistant secretary", "Deputy secretary", "Joint secretary"),
    "Researcher": ("Research assistant", "Postdoctoral fellow", "Principal investigator"),
    "Product manager": ("Business analyst", "Product manager", "Head of product"),
    "Pharmacist": ("Trainee pharmacist", "Pharmacist", "Production manager"),
    "Designer": ("Junior designer", "Designer", "Design lead"),
}
"""What one is called on the way through each of the careers."""

INTERESTS: tuple[tuple[str, int], ...] = (
    ("Cricket", 20),
    ("Football", 14),
    ("Photography", 14),
    ("Travel", 14),
    ("Reading", 12),
    ("Cooking", 10),
    ("Music", 10),
    ("Mentoring", 9),
    ("Chess", 7),
    ("Hiking", 7),
    ("Gardening", 6),
    ("Rabindra Sangeet", 5),
    ("Poetry", 5),
    ("Cinema", 5),
    ("Badminton", 5),
    ("Running", 5),
    ("Machine learning", 5),
    ("Start-ups", 5),
    ("Volunteering", 5),
    ("Public health", 4),
    ("Climate", 4),
    ("History", 4),
    ("Yoga", 4),
    ("Painting", 3),
    ("Theatre", 3),
    ("Debating", 3),
    ("Open source", 3),
    ("Investing", 3),
    ("Cycling", 3),
    ("Birdwatching", 2),
    ("Astronomy", 2),
    ("Calligraphy", 1),
    ("Café culture", 1),
    ("Beekeeping", 1),
)
"""What people care for, and how many in comparison."""

NICKNAMES = _words(
    "Babu Mithu Tuli Rony Shuvo Munni Bappi Tinku Rinku Mou Toma Pinky Shanu Raju Bablu Guddu Mini Sunny"
)
